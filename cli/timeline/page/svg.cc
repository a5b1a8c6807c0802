#include "cli/timeline/page/svg.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/timeline/page/page_text.h"
#include "cli/timeline/words.h"

namespace mlp::cli::timeline {
namespace {

constexpr int kRowHeight = 17;  // a bar and the gap around it
constexpr int kBarHeight = 14;
constexpr int kLanePadding = 8;
constexpr int kLeastLaneHeight = 62;  // three lines of text
constexpr int kErrorPadding = 12;     // above the highest mark and below zero

std::string Opening(const char* what, const std::string& label, Time span, int height) {
  return absl::StrFormat(
      "<svg class=\"time %s\" role=\"img\" aria-label=\"%s\" height=\"%d\" data-height=\"%d\" "
      "viewBox=\"0 0 %s %d\" preserveAspectRatio=\"none\">\n",
      what, label, height, height, X(span), height);
}

// Every other round's ground, a line at each round's begin, and room for the script's grid.
std::string Ground(const Timeline& timeline, int height) {
  std::string svg;
  std::string begins;
  for (std::size_t i = 0; i < timeline.rounds.size(); ++i) {
    const Round& round = timeline.rounds[i];
    absl::StrAppend(&begins, "M", X(round.begin - timeline.begin), " 0v", height);
    if (i % 2 == 0) continue;
    absl::StrAppend(&svg, "<rect class=\"stripe\" x=\"", X(round.begin - timeline.begin),
                    "\" y=\"0\" width=\"", X(round.end - round.begin), "\" height=\"", height,
                    "\"/>\n");
  }
  return absl::StrCat(svg, "<path class=\"grid\"/>\n<path class=\"begin\" d=\"", begins, "\"/>\n");
}

class LaneDrawing {
 public:
  explicit LaneDrawing(const Timeline& timeline) : timeline_(timeline) {}

  void Draw(const Lane& lane, int top) {
    const int rows = static_cast<int>(lane.rows.size()) * kRowHeight;
    int y = top + (HeightOf(lane) - rows) / 2;
    for (const Row& row : lane.rows) {
      Draw(row, y + (kRowHeight - kBarHeight) / 2);
      y += kRowHeight;
    }
  }

  std::string Take() { return std::move(svg_); }

 private:
  void Draw(const Row& row, int y) {
    for (auto span = row.spans.begin(); span != row.spans.end();) {
      if (!span->attempt) {
        if (span->phase.kind == Kind::kAway) DrawPhase(span->phase, y);
        ++span;
        continue;
      }
      const auto end = std::find_if(
          span, row.spans.end(), [&](const Span& other) { return other.attempt != span->attempt; });
      OpenAttempt(*span->attempt);
      const Attempt& attempt = timeline_.attempts[*span->attempt];
      for (; span != end; ++span) DrawPhase(span->phase, y);
      DrawMarks(attempt, y);
      svg_ += "</g>\n";
    }
  }

  void OpenAttempt(std::size_t index) {
    const Attempt& attempt = timeline_.attempts[index];
    absl::StrAppend(&svg_, "<g data-tip=\"", index, "\" data-task=\"", attempt.round, ".",
                    attempt.shard, "\">");
  }

  void DrawPhase(const Phase& phase, int y) {
    absl::StrAppend(&svg_, "<rect class=\"", WordsOf(phase.kind).style, "\" x=\"", At(phase.begin),
                    "\" y=\"", y, "\" width=\"", X(phase.end - phase.begin), "\" height=\"",
                    kBarHeight, "\"/>");
  }

  // Draws a second copy's race along its upper edge, the original's along its lower edge, and a
  // failure across its end.
  void DrawMarks(const Attempt& attempt, int y) {
    if (attempt.race == Race::kWon || attempt.race == Race::kLost) {
      const double edge = attempt.hedge_of != 0 ? y + 1.5 : y + kBarHeight - 1.5;
      absl::StrAppend(&svg_, "<path class=\"", attempt.race == Race::kWon ? "won" : "lost",
                      "\" d=\"M", At(attempt.dispatched), " ", edge, "H", At(attempt.end), "\"/>");
    }
    if (attempt.outcome == Outcome::kFailed) {
      absl::StrAppend(&svg_, "<path class=\"failed\" d=\"M", At(attempt.end), " ", y - 1, "v",
                      kBarHeight + 2, "\"/>");
    }
  }

  std::string At(Time time) const { return X(time - timeline_.begin); }

  const Timeline& timeline_;
  std::string svg_;
};

// A round number that the largest error does not exceed: 0.01, 0.02, 0.05, 0.1, 0.2, 0.4 … 1.
double ErrorTop(const Timeline& timeline) {
  double most = 0;
  for (const Round& round : timeline.rounds)
    most = std::max(most, round.validation_error.value_or(0));
  for (const double top : {0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8}) {
    if (most <= top) return top;
  }
  return 1;
}

double ErrorY(double error, double top) {
  return kErrorPadding + (1 - error / top) * (kErrorHeight - 2 * kErrorPadding);
}

}  // namespace

int HeightOf(const Lane& lane) {
  const int rows = static_cast<int>(lane.rows.size()) * kRowHeight;
  return std::max(kLeastLaneHeight, rows + 2 * kLanePadding);
}

std::string LanesSvg(const Timeline& timeline) {
  int height = 0;
  for (const Lane& lane : timeline.lanes) height += HeightOf(lane);
  std::string svg =
      Opening("lanes", "What each node did when", timeline.end - timeline.begin, height);
  svg += Ground(timeline, height);
  LaneDrawing drawing(timeline);
  int top = 0;
  std::string borders;
  for (const Lane& lane : timeline.lanes) {
    if (top > 0) absl::StrAppend(&borders, "M0 ", top, "H", X(timeline.end - timeline.begin));
    drawing.Draw(lane, top);
    top += HeightOf(lane);
  }
  return absl::StrCat(svg, "<path class=\"lane\" d=\"", borders, "\"/>\n", drawing.Take(),
                      "</svg>\n");
}

std::vector<ErrorMark> ErrorMarks(const Timeline& timeline) {
  const double top = ErrorTop(timeline);
  return {{top, ErrorY(top, top)}, {top / 2, ErrorY(top / 2, top)}, {0, ErrorY(0, top)}};
}

std::string ErrorSvg(const Timeline& timeline, std::size_t first_tip) {
  const Time span = timeline.end - timeline.begin;
  const double top = ErrorTop(timeline);
  std::string marks;
  for (const ErrorMark& mark : ErrorMarks(timeline)) {
    absl::StrAppend(&marks, "M0 ", mark.y, "H", X(span));
  }
  std::string line;
  std::string dots;
  for (std::size_t i = 0; i < timeline.rounds.size(); ++i) {
    const Round& round = timeline.rounds[i];
    if (!round.validation_error) continue;
    const std::string at = absl::StrFormat("%s %.2f", X(round.validated - timeline.begin),
                                           ErrorY(*round.validation_error, top));
    absl::StrAppend(&line, line.empty() ? "M" : "L", at);
    absl::StrAppend(&dots, "<path class=\"error-dot\" data-tip=\"", first_tip + i, "\" d=\"M", at,
                    "h0\"/>\n");
  }
  return absl::StrCat(Opening("error", "Validation error over time", span, kErrorHeight),
                      Ground(timeline, kErrorHeight), "<path class=\"lane\" d=\"", marks,
                      "\"/>\n<path class=\"error-line\" d=\"", line, "\"/>\n", dots, "</svg>\n");
}

}  // namespace mlp::cli::timeline
