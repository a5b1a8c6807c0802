#include "services/report/page.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/base/printable.h"

namespace mlp::report {
namespace {

constexpr const char* kStyle = R"(<style>
:root { color-scheme: light dark; --page: #ffffff; --ink: #1c2024; --soft: #667080;
  --grid: #e2e6ea; --bar: #4878a8; --computing: #3f8f5f; --held-up: #d08030; --idle: #d5dae0;
  --known: #b03060; --b0: #888888; --b1: #8050b0; --b2: #b07020; --b3: #208080; }
@media (prefers-color-scheme: dark) { :root { --page: #15181c; --ink: #e4e8ec; --soft: #98a2b0;
  --grid: #2c3238; --bar: #6a9fd0; --computing: #58b07c; --held-up: #e09a50; --idle: #3a4149;
  --known: #f080a8; --b0: #a0a0a0; --b1: #b490e0; --b2: #e0b060; --b3: #60c8c8; } }
body { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 14px; }
th, td { border-bottom: 1px solid var(--grid); padding: .25rem .6rem; text-align: left; }
.wide { overflow-x: auto; }
.warning { border-left: 4px solid var(--held-up); padding-left: .8rem; font-weight: 600; }
svg { width: 100%; height: auto; display: block; margin: .3rem 0 1rem; }
svg text { fill: var(--ink); font-size: 14px; } svg .small { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--grid); } .whisker { stroke: var(--ink); stroke-width: 1.5; }
.bar { fill: var(--bar); } .point { fill: var(--bar); fill-opacity: .6; } .known { fill: none; stroke: var(--known); stroke-width: 2; }
.bound { stroke-width: 2; stroke-dasharray: 5 4; }
.bound0 { stroke: var(--b0); } .bound1 { stroke: var(--b1); }
.bound2 { stroke: var(--b2); } .bound3 { stroke: var(--b3); }
.computing { fill: var(--computing); } .held-up { fill: var(--held-up); }
.idle { fill: var(--idle); }
.key { display: inline-block; width: 1.6em; height: 0; border-top: 2px dashed; margin: 0 .4em 0 1em;
  vertical-align: middle; }
.box { display: inline-block; width: .9em; height: .9em; margin: 0 .4em 0 1em;
  vertical-align: middle; }
.ring { display: inline-block; width: .5em; height: .5em; border: 2px solid var(--known);
  border-radius: 50%; margin: 0 .4em 0 1em; vertical-align: middle; }
code { overflow-wrap: anywhere; }
</style>
)";

}  // namespace

std::string Html(std::string_view text) {
  return absl::StrReplaceAll(
      PrintableLines(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string TableHtml(const TextTable& table) {
  std::string text = "<div class=\"wide\"><table><tr>";
  for (const std::string& cell : table.heading) absl::StrAppend(&text, "<th>", Html(cell), "</th>");
  text += "</tr>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (const std::string& cell : row) absl::StrAppend(&text, "<td>", Html(cell), "</td>");
    text += "</tr>\n";
  }
  return text + "</table></div>\n";
}

std::string Page(std::string_view title, std::string_view body) {
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      Html(title), "</title>\n", kStyle, "</head>\n<body>\n<h1>", Html(title), "</h1>\n",
      std::string(body), "</body>\n</html>\n");
}

double TickStep(double longest) {
  const double power = std::pow(10, std::floor(std::log10(longest)));
  const double times = longest / power;
  return power * (times < 2 ? 0.2 : times < 5 ? 0.5 : 1);
}

}  // namespace mlp::report
