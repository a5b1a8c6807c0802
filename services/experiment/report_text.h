// The results of an experiment as files: CSV, Markdown. (report_html.h has the page.) Pure.
#pragma once

#include <string>
#include <vector>

#include "services/experiment/agreement.h"
#include "services/experiment/run.h"
#include "services/experiment/summary.h"
#include "services/report/text_table.h"

namespace mlp::experiment {

// One row a run, in the order of `runs`, with a heading. RFC 4180, lines end in LF.
std::string ResultsCsv(const Experiment& experiment, Mode mode, const std::vector<Run>& runs);

// Policy, load, makespan with its interval, lower bound, known and published seconds where there
// are any, copies, shares.
report::TextTable MakespanTable(const Summary& summary);
// Real, simulated, ratio.
report::TextTable AgreementTable(const Experiment& experiment,
                                 const std::vector<Agreement>& agreements);

// What was run: the task, the cluster, the number of runs. Sentences.
std::string SettingText(const Summary& summary);
// Whether it was interrupted, and the problems; empty where there is nothing to say.
std::vector<std::string> Warnings(const Summary& summary);

std::string ReportMarkdown(const Summary& summary, const std::vector<Agreement>& agreements);

}  // namespace mlp::experiment
