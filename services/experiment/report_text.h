// The results of an experiment as files: CSV, Markdown. (report_html.h has the page.) Pure.
#pragma once

#include <string>
#include <vector>

#include "services/experiment/agreement.h"
#include "services/experiment/run.h"
#include "services/experiment/summary.h"

namespace mlp::experiment {

// `field` as RFC 4180 wants it.
std::string Csv(const std::string& field);

// One row a run, in the order of `runs`, with a heading. RFC 4180, lines end in LF.
std::string ResultsCsv(const Experiment& experiment, Mode mode, const std::vector<Run>& runs);

// A table of text: a heading and rows of as many cells.
struct TextTable {
  std::vector<std::string> heading;
  std::vector<std::vector<std::string>> rows;
};

// Policy, load, makespan with its interval, lower bound, known and published seconds where there
// are any, copies, shares.
TextTable MakespanTable(const Summary& summary);
// Real, simulated, ratio.
TextTable AgreementTable(const Experiment& experiment, const std::vector<Agreement>& agreements);

// What was run: the task, the cluster, the number of runs. Sentences.
std::string SettingText(const Summary& summary);
// Whether it was interrupted, and the problems; empty where there is nothing to say.
std::vector<std::string> Warnings(const Summary& summary);

std::string ReportMarkdown(const Summary& summary, const std::vector<Agreement>& agreements);

}  // namespace mlp::experiment
