#include "cli/sweep/scatter.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/report/page.h"

namespace mlp::cli::sweep {
namespace {

using report::Html;

// Lengths in the units of the view box.
constexpr double kWidth = 900;
constexpr double kHeight = 260;
constexpr double kLeft = 70;
constexpr double kRight = 880;
constexpr double kTop = 12;
constexpr double kBottom = 222;
constexpr double kMargin = 24;           // between an edge and the outermost points
constexpr double kLogarithmicFrom = 10;  // times

struct Mark {
  double x = 0;
  std::string text;
};

// The places of the texts, and the marks below them.
struct Across {
  std::map<std::string, double> places;
  std::vector<Mark> marks;
};

struct Ends {
  double low = 0, high = 1;
};

double Place(double share) { return kLeft + kMargin + share * (kRight - kLeft - 2 * kMargin); }

double ShareOf(double value, const Ends& ends) {
  return ends.high > ends.low ? (value - ends.low) / (ends.high - ends.low) : 0.5;
}

std::vector<std::string> TextsOf(const std::vector<Point>& points) {
  std::vector<std::string> texts;
  for (const Point& point : points) {
    if (std::ranges::find(texts, point.at) == texts.end()) texts.push_back(point.at);
  }
  // Sorts layers such as 64,32 by their first one; words stay as they come.
  std::ranges::stable_sort(
      texts, {}, [](const std::string& text) { return std::strtod(text.c_str(), nullptr); });
  return texts;
}

// The texts as numbers; empty if one of them is no number.
std::map<std::string, double> NumbersOf(const std::vector<std::string>& texts) {
  std::map<std::string, double> numbers;
  for (const std::string& text : texts) {
    if (!absl::SimpleAtod(text, &numbers[text])) return {};
  }
  return numbers;
}

Across Columns(const std::vector<std::string>& texts) {
  Across across;
  const Ends ends{0, static_cast<double>(texts.size()) - 1};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const double x = Place(ShareOf(static_cast<double>(i), ends));
    across.places[texts[i]] = x;
    across.marks.push_back({x, texts[i]});
  }
  return across;
}

std::vector<double> LinearMarks(const Ends& ends) {
  std::vector<double> marks;
  if (ends.high <= ends.low) return {ends.low};
  const double step = report::TickStep(ends.high - ends.low);
  for (double i = std::ceil(ends.low / step); i * step <= ends.high + 1e-9 * step; ++i) {
    marks.push_back(i == 0 ? 0 : i * step);  // not -0
  }
  return marks;
}

// 1, 2 and 5 times the powers of ten; only the powers if there are many.
std::vector<double> LogarithmicMarks(const Ends& ends) {
  constexpr double kMany = 1000;
  std::vector<double> marks;
  for (double power = std::floor(std::log10(ends.low));
       std::pow(10, power) <= ends.high * (1 + 1e-9); ++power) {
    for (const double times : {1.0, 2.0, 5.0}) {
      const double mark = times * std::pow(10, power);
      if (times > 1 && ends.high > kMany * ends.low) continue;
      if (mark >= ends.low * (1 - 1e-9) && mark <= ends.high * (1 + 1e-9)) marks.push_back(mark);
    }
  }
  return marks;
}

Across Numbers(const std::map<std::string, double>& numbers) {
  Ends ends{numbers.begin()->second, numbers.begin()->second};
  for (const auto& [text, number] : numbers) {
    ends = {std::min(ends.low, number), std::max(ends.high, number)};
  }
  const bool logarithmic = ends.low > 0 && ends.high > kLogarithmicFrom * ends.low;
  const auto place = [&](double number) {
    if (!logarithmic) return Place(ShareOf(number, ends));
    return Place(ShareOf(std::log(number), {std::log(ends.low), std::log(ends.high)}));
  };
  Across across;
  for (const auto& [text, number] : numbers) across.places[text] = place(number);
  for (const double mark : logarithmic ? LogarithmicMarks(ends) : LinearMarks(ends)) {
    across.marks.push_back({place(mark), absl::StrFormat("%g", mark)});
  }
  return across;
}

Ends ScoresOf(const std::vector<Point>& points) {
  const auto [low, high] = std::ranges::minmax(points, {}, &Point::score);
  Ends ends{low.score, high.score};
  if (ends.high > 0) ends.low = std::max(ends.low, 0.0);
  const double margin = ends.high > ends.low ? 0.05 * (ends.high - ends.low) : 0.01;
  return {ends.low - margin, ends.high + margin};
}

double Height(double score, const Ends& ends) {
  return kBottom - std::clamp(ShareOf(score, ends), 0.0, 1.0) * (kBottom - kTop);
}

std::string Text(double x, double y, const char* anchor, const std::string& text) {
  return absl::StrFormat(
      "<text class=\"small\" x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
      Html(text));
}

std::string Line(double x1, double y1, double x2, double y2) {
  return absl::StrFormat("<line class=\"grid\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n",
                         x1, y1, x2, y2);
}

std::string Circle(const Point& point, double x, double y) {
  return absl::StrFormat(
      "<circle class=\"%s\" cx=\"%.2f\" cy=\"%.2f\" r=\"%g\"><title>%s</title></circle>\n",
      point.best ? "known" : "point", x, y, point.best ? 7.0 : 4.0, Html(point.tip));
}

}  // namespace

std::string Scatter(const std::string& setting, const std::string& score_name,
                    const std::vector<Point>& points) {
  if (points.empty()) return "";
  const std::vector<std::string> texts = TextsOf(points);
  const auto numbers = NumbersOf(texts);
  const Across across = numbers.empty() ? Columns(texts) : Numbers(numbers);
  const Ends scores = ScoresOf(points);
  const std::string title = absl::StrCat(score_name, " by ", setting);
  std::string picture = absl::StrFormat(
      "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\"><title>%s</title>\n", kWidth,
      kHeight, Html(title), Html(title));
  for (const double mark : LinearMarks(scores)) {
    const double y = Height(mark, scores);
    absl::StrAppend(&picture, Line(kLeft, y, kRight, y),
                    Text(kLeft - 8, y + 4, "end", absl::StrFormat("%g", mark)));
  }
  for (const Mark& mark : across.marks) {
    absl::StrAppend(&picture, Line(mark.x, kTop, mark.x, kBottom),
                    Text(mark.x, kBottom + 16, "middle", mark.text));
  }
  for (const Point& point : points) {
    picture += Circle(point, across.places.at(point.at), Height(point.score, scores));
  }
  return absl::StrCat(picture, Text((kLeft + kRight) / 2, kHeight - 4, "middle", setting),
                      "</svg>\n");
}

}  // namespace mlp::cli::sweep
