#include "cli/timeline/page/html.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/client/output.h"
#include "cli/show/summary.h"
#include "cli/timeline/json_text.h"
#include "cli/timeline/page/page_files.h"
#include "cli/timeline/page/page_text.h"
#include "cli/timeline/page/svg.h"
#include "cli/timeline/words.h"

namespace mlp::cli::timeline {
namespace {

std::string Title(const Timeline& timeline) {
  return Escaped(timeline.job.empty() ? "Timeline" : absl::StrCat("Timeline of ", timeline.job));
}

std::string Header(const Timeline& timeline) {
  std::string html =
      absl::StrCat("<h1>", Title(timeline), "</h1>\n<p>", Escaped(Sentence(timeline)), "</p>\n");
  if (timeline.state != v1::JOB_STATE_UNSPECIFIED && timeline.state != v1::JOB_STATE_SUCCEEDED) {
    absl::StrAppend(&html, "<p class=\"problem\">", StateName(timeline.state),
                    timeline.detail.empty() ? "" : ": ", Escaped(timeline.detail), "</p>\n");
  }
  return html;
}

std::string LegendItem(const std::string& classes, const char* name, const std::string& amount) {
  return absl::StrCat("<li><span class=\"swatch ", classes, "\"></span>", name,
                      amount.empty() ? "" : absl::StrCat(" <b>", amount, "</b>"), "</li>\n");
}

std::string Legend(const Timeline& timeline) {
  const auto amount = [&](std::initializer_list<Kind> kinds) {
    Time sum{};
    for (const Kind one : kinds) sum += TimeIn(timeline, one);
    return sum == Time{} ? "" : ShortDuration(sum);
  };
  const auto item = [&](Kind kind) {
    return LegendItem(WordsOf(kind).style, WordsOf(kind).name, amount({kind}));
  };
  const std::string both_ways = amount({Kind::kSending, Kind::kReturning});
  return absl::StrCat(
      "<ul class=\"legend\" aria-label=\"Legend\">\n", item(Kind::kComputing), item(Kind::kLoading),
      item(Kind::kHeldUp), item(Kind::kQueued), item(Kind::kWaiting),
      LegendItem(WordsOf(Kind::kSending).style, "sending", both_ways), item(Kind::kCancelled),
      item(Kind::kRejected),
      LegendItem(WordsOf(Kind::kAway).style, "node away", amount({Kind::kAway})),
      LegendItem("failed", "failed", ""), LegendItem("race copy won", "hedge won", ""),
      LegendItem("race copy lost", "hedge lost", ""),
      LegendItem("race original won", "original won", ""),
      LegendItem("race original lost", "original lost", ""),
      LegendItem("error", "validation error", ""), "</ul>\n");
}

std::string Button(const char* action, const char* face, const char* what, const char* key) {
  return absl::StrFormat(
      "<button type=\"button\" data-action=\"%s\" aria-label=\"%s\" title=\"%s "
      "(%s)\">%s</button>\n",
      action, what, what, key, face);
}

std::string Toolbar() {
  return absl::StrCat(
      "<div class=\"toolbar\">\n", Button("in", "+", "Zoom in", "+"),
      Button("out", "&minus;", "Zoom out", "-"), Button("left", "&larr;", "Earlier", "left arrow"),
      Button("right", "&rarr;", "Later", "right arrow"), Button("all", "All", "Everything", "0"),
      "<span>Wheel: zoom. Drag: move. Click a round: zoom to it. Point at a bar: "
      "details.</span>\n<span id=\"window\"></span>\n</div>\n");
}

std::string Rounds(const Timeline& timeline) {
  const double span = static_cast<double>((timeline.end - timeline.begin).count());
  std::string html = "<div class=\"name head\">rounds</div>\n<div class=\"rounds\">";
  for (const Round& round : timeline.rounds) {
    const Time begin = round.begin - timeline.begin;
    const Time end = round.end - timeline.begin;
    const auto share = [span](Time time) {
      return span > 0 ? 100 * static_cast<double>(time.count()) / span : 0;
    };
    absl::StrAppendFormat(&html,
                          "<button type=\"button\" aria-label=\"round %d\" data-number=\"%d\" "
                          "data-begin=\"%s\" data-end=\"%s\" "
                          "style=\"left:%.3f%%;width:%.3f%%\">%d</button>\n",
                          round.number, round.number, X(begin), X(end), share(begin),
                          share(end - begin), round.number);
  }
  return html + "</div>\n";
}

std::string LoadText(const NodeFacts& node) {
  if (node.load_probability == 0) return "no injected load";
  return absl::StrFormat("load %g, %s", node.load_probability, ShortDuration(node.load_delay));
}

// The share of its time in which a node computed. It computes one task at a time.
std::string BusyText(const Timeline& timeline, const Lane& lane) {
  const Time computing = TimeIn(lane, Kind::kComputing);
  const Time all = std::max(timeline.end - timeline.begin, Time(1));
  const auto span = static_cast<double>(all.count());
  return absl::StrFormat("computing %.0f %%", 100 * static_cast<double>(computing.count()) / span);
}

std::string LaneNames(const Timeline& timeline) {
  std::string html = "<div class=\"names\">\n";
  for (const Lane& lane : timeline.lanes) {
    const std::string name = Escaped(lane.node.name);
    absl::StrAppendFormat(
        &html,
        "<div class=\"name\" style=\"height:%dpx\" title=\"%s\"><b>%s</b><small>%s</small>"
        "<small>%s</small></div>\n",
        HeightOf(lane), name, name, LoadText(lane.node), BusyText(timeline, lane));
  }
  return html + "</div>\n";
}

std::string ErrorNames(const Timeline& timeline) {
  std::string html = "<div class=\"name scale\">validation<br>error";
  for (const ErrorMark& mark : ErrorMarks(timeline)) {
    absl::StrAppendFormat(&html, "<i style=\"top:%.1fpx\">%g</i>", mark.y - 6, mark.value);
  }
  return html + "</div>\n";
}

std::string Data(const Timeline& timeline) {
  std::vector<std::string> tips;
  for (const Attempt& attempt : timeline.attempts) tips.push_back(Json(TipOf(timeline, attempt)));
  for (const Round& round : timeline.rounds) tips.push_back(Json(TipOf(timeline, round)));
  const Time span = std::max<Time>(timeline.end - timeline.begin, std::chrono::microseconds(1));
  return absl::StrCat("<script type=\"application/json\" id=\"data\">",
                      JsonObject()
                          .AddRaw("span", X(span))
                          .AddRaw("tips", absl::StrCat("[", absl::StrJoin(tips, ",\n"), "]"))
                          .Text(),
                      "</script>\n");
}

}  // namespace

std::string Html(const Timeline& timeline) {
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>",
      Title(timeline), "</title>\n<style>\n", kPageStyle, "</style>\n</head>\n<body>\n",
      Header(timeline), Legend(timeline), Toolbar(), "<div class=\"chart\">\n", Rounds(timeline),
      LaneNames(timeline), LanesSvg(timeline), ErrorNames(timeline),
      ErrorSvg(timeline, timeline.attempts.size()), "<div class=\"name\">time</div>\n",
      "<div class=\"axis\"></div>\n</div>\n<div id=\"tip\" role=\"tooltip\" hidden></div>\n",
      Data(timeline), "<script>\n", kPageScript, "</script>\n</body>\n</html>\n");
}

}  // namespace mlp::cli::timeline
