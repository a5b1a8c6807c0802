#include "services/experiment/report_html.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/experiment/picture.h"
#include "services/experiment/report_text.h"
#include "services/report/page.h"

namespace mlp::experiment {
namespace {

using report::Html;
using report::Page;
using report::TableHtml;

std::string BoundsKey(const Summary& summary, std::size_t load) {
  std::string key = "<p>Lower bounds:";
  const auto& bounds = summary.bounds[load];
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    absl::StrAppend(&key, "<span class=\"key\" style=\"color: var(--b", i, ")\"></span>",
                    absl::StrFormat("%s, %.2f s", Html(bounds[i].label), bounds[i].seconds));
  }
  const bool known = std::ranges::any_of(summary.experiment->policies, [load](const auto& policy) {
    return !policy.known.empty() && policy.known[load] > 0;
  });
  if (known) key += "<span class=\"ring\"></span>known from elsewhere";
  return key + "</p>\n";
}

std::string LoadSection(const Summary& summary, std::size_t load) {
  const Experiment& experiment = *summary.experiment;
  std::string text = absl::StrCat("<h2>Load ", Html(experiment.loads[load].label), "</h2>\n",
                                  MakespanPicture(summary, load), BoundsKey(summary, load));
  std::string sentences;
  for (const Comparison& comparison : summary.comparisons) {
    if (comparison.load != load) continue;
    absl::StrAppend(&sentences, "<li>", Html(comparison.sentence), "</li>\n");
  }
  if (!sentences.empty()) absl::StrAppend(&text, "<ul>\n", sentences, "</ul>\n");
  absl::StrAppend(&text,
                  "<p>Of the nodes' time:<span class=\"box\" style=\"background: "
                  "var(--computing)\"></span>computing<span class=\"box\" style=\"background: "
                  "var(--held-up)\"></span>held up<span class=\"box\" style=\"background: "
                  "var(--idle)\"></span>idle</p>\n",
                  SharesPicture(summary, load));
  return text;
}

}  // namespace

std::string ReportHtml(const Summary& summary, const std::vector<Agreement>& agreements) {
  const Experiment& experiment = *summary.experiment;
  std::string page;
  for (const std::string& warning : Warnings(summary)) {
    absl::StrAppend(&page, "<p class=\"warning\">", Html(warning), "</p>\n");
  }
  absl::StrAppend(&page, "<p>", Html(SettingText(summary)), "</p>\n");
  for (std::size_t load = 0; load < experiment.loads.size(); ++load) {
    page += LoadSection(summary, load);
  }
  absl::StrAppend(&page, "<h2>All figures</h2>\n", TableHtml(MakespanTable(summary)));
  if (!agreements.empty()) {
    absl::StrAppend(
        &page,
        "<h2>Real and simulated</h2>\n<p>Each cell was simulated with the compute time "
        "and round trip that it measured, with the same seeds. Ranking of the policies: ",
        SameRanking(agreements) ? "the same" : "NOT the same", ".</p>\n",
        TableHtml(AgreementTable(experiment, agreements)));
  }
  absl::StrAppend(&page, "<p>Model digest of every run: <code>", Html(summary.digest),
                  "</code></p>\n");
  return Page(experiment.title, page);
}

}  // namespace mlp::experiment
