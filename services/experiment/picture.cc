#include "services/experiment/picture.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/report/page.h"

namespace mlp::experiment {
namespace {

using report::Html;
using report::TickStep;

// Lengths in the units of the view box.
constexpr double kWidth = 900;
constexpr double kLabels = 220;  // left of the bars
constexpr double kBars = 600;    // the longest one
constexpr double kRow = 30;
constexpr double kBar = 16;
constexpr double kTop = 6;

double Longest(const Summary& summary, std::size_t load) {
  double longest = 1e-9;
  for (std::size_t policy = 0; policy < summary.experiment->policies.size(); ++policy) {
    const Cell* cell = summary.Find(policy, load);
    if (cell == nullptr) continue;
    const bool interval = cell->makespan.count > 1;
    longest = std::max(longest, interval ? cell->makespan.high() : cell->makespan.mean);
    const PolicyCase& with = summary.experiment->policies[policy];
    if (!with.known.empty()) longest = std::max(longest, with.known[load]);
  }
  for (const Bound& bound : summary.bounds[load]) longest = std::max(longest, bound.seconds);
  return longest;
}

std::string Seconds(double seconds) {
  return absl::StrFormat("%.*f s", seconds < 10 ? 2 : 1, seconds);
}

std::string Open(double height, const std::string& title) {
  return absl::StrFormat(
      "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\"><title>%s</title>\n", kWidth,
      height, Html(title), Html(title));
}

std::string Label(double y, const std::string& text) {
  return absl::StrFormat("<text x=\"%g\" y=\"%g\" text-anchor=\"end\">%s</text>\n", kLabels - 8,
                         y + kBar - 3, Html(text));
}

std::string Line(const char* style, double x1, double y1, double x2, double y2) {
  return absl::StrFormat("<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n",
                         style, x1, y1, x2, y2);
}

std::string Axis(double longest, double bottom) {
  std::string axis;
  const double step = TickStep(longest);
  for (int i = 0; i * step <= longest * 1.0001; ++i) {
    const double x = kLabels + kBars * i * step / longest;
    absl::StrAppend(&axis, Line("grid", x, kTop, x, bottom),
                    absl::StrFormat("<text class=\"small\" x=\"%.2f\" y=\"%g\" "
                                    "text-anchor=\"middle\">%g</text>\n",
                                    x, bottom + 14, i * step));
  }
  return axis + absl::StrFormat("<text class=\"small\" x=\"%g\" y=\"%g\">seconds</text>\n",
                                kLabels + kBars + 24, bottom + 14);
}

std::string Bounds(const std::vector<Bound>& bounds, double longest, double bottom) {
  std::string lines;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const double x = kLabels + kBars * bounds[i].seconds / longest;
    absl::StrAppend(&lines,
                    absl::StrFormat("<g><title>lower bound, %s: %s</title>", Html(bounds[i].label),
                                    Seconds(bounds[i].seconds)),
                    Line(absl::StrCat("bound bound", i).c_str(), x, kTop, x, bottom), "</g>\n");
  }
  return lines;
}

std::string MakespanBar(const PolicyCase& policy, const Cell& cell, std::size_t load, double y,
                        double longest) {
  const auto at = [longest](double seconds) { return kLabels + kBars * seconds / longest; };
  const Estimate& makespan = cell.makespan;
  std::string told = absl::StrCat(policy.label, ": ", Seconds(makespan.mean));
  const bool interval = makespan.count > 1;
  if (interval) absl::StrAppend(&told, " ± ", Seconds(makespan.half_width));
  std::string bar = absl::StrFormat(
      "<g><title>%s, %d runs</title><rect class=\"bar\" x=\"%g\" y=\"%g\" width=\"%.2f\" "
      "height=\"%g\"/>\n",
      Html(told), makespan.count, kLabels, y, kBars * makespan.mean / longest, kBar);
  double end = at(makespan.mean);
  if (interval) {
    const double middle = y + kBar / 2;
    const double low = at(std::max(0.0, makespan.low()));
    const double high = at(makespan.high());
    absl::StrAppend(&bar, Line("whisker", low, middle, high, middle),
                    Line("whisker", low, middle - 4, low, middle + 4),
                    Line("whisker", high, middle - 4, high, middle + 4));
    end = high;
  }
  if (!policy.known.empty() && policy.known[load] > 0) {
    const double x = at(policy.known[load]);
    absl::StrAppend(&bar, absl::StrFormat("<circle class=\"known\" cx=\"%.2f\" cy=\"%g\" "
                                          "r=\"4\"><title>known: %s</title></circle>\n",
                                          x, y + kBar / 2, Seconds(policy.known[load])));
    end = std::max(end, x + 4);
  }
  absl::StrAppend(&bar, absl::StrFormat("<text x=\"%.2f\" y=\"%g\">%s</text></g>\n", end + 6,
                                        y + kBar - 3, Seconds(makespan.mean)));
  return bar;
}

}  // namespace

std::string MakespanPicture(const Summary& summary, std::size_t load) {
  const Experiment& experiment = *summary.experiment;
  const double longest = Longest(summary, load);
  const double bottom = kTop + kRow * static_cast<double>(experiment.policies.size());
  std::string picture =
      Open(bottom + 20, absl::StrCat("Makespan by policy at load ", experiment.loads[load].label));
  picture += Axis(longest, bottom);
  double y = kTop + (kRow - kBar) / 2;
  for (std::size_t policy = 0; policy < experiment.policies.size(); ++policy, y += kRow) {
    picture += Label(y, experiment.policies[policy].label);
    const Cell* cell = summary.Find(policy, load);
    if (cell != nullptr) {
      picture += MakespanBar(experiment.policies[policy], *cell, load, y, longest);
    }
  }
  picture += Bounds(summary.bounds[load], longest, bottom);
  return picture + "</svg>\n";
}

std::string SharesPicture(const Summary& summary, std::size_t load) {
  const Experiment& experiment = *summary.experiment;
  const double bottom = kTop + kRow * static_cast<double>(experiment.policies.size());
  std::string picture =
      Open(bottom, absl::StrCat("What the nodes did at load ", experiment.loads[load].label));
  double y = kTop + (kRow - kBar) / 2;
  for (std::size_t policy = 0; policy < experiment.policies.size(); ++policy, y += kRow) {
    picture += Label(y, experiment.policies[policy].label);
    const Cell* cell = summary.Find(policy, load);
    if (cell == nullptr) continue;
    double x = kLabels;
    const auto add = [&](const char* what, double share) {
      absl::StrAppend(&picture,
                      absl::StrFormat("<rect class=\"%s\" x=\"%.2f\" y=\"%g\" "
                                      "width=\"%.2f\" height=\"%g\"><title>%s: %s, "
                                      "%.1f %%</title></rect>\n",
                                      what, x, y, kBars * share, kBar,
                                      Html(experiment.policies[policy].label), what, 100 * share));
      x += kBars * share;
    };
    add("computing", cell->computing);
    add("held-up", cell->held_up);
    add("idle", cell->idle);
  }
  return picture + "</svg>\n";
}

}  // namespace mlp::experiment
