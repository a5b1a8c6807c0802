// The results of an experiment as files: CSV, Markdown. (report_html.h has the page.) Pure.
#pragma once

#include <string>
#include <vector>

#include "services/experiment/agreement.h"
#include "services/experiment/run.h"
#include "services/experiment/summary.h"
#include "services/report/text_table.h"

namespace mlp::experiment {

// Returns one row for each run, in the order of `runs`, with a heading. RFC 4180, lines end in LF.
std::string ResultsCsv(const Experiment& experiment, Mode mode, const std::vector<Run>& runs);

// Returns policy, load, makespan with its interval, lower bound, known and published seconds if
// there are any, copies and shares.
report::TextTable MakespanTable(const Summary& summary);
// Returns the real and the simulated makespan and their ratio.
report::TextTable AgreementTable(const Experiment& experiment,
                                 const std::vector<Agreement>& agreements);

// Describes the runs in sentences: the task, the cluster, the number of runs.
std::string SettingText(const Summary& summary);
// Says whether it was interrupted, and states the problems; empty if there is nothing to say.
std::vector<std::string> Warnings(const Summary& summary);

std::string ReportMarkdown(const Summary& summary, const std::vector<Agreement>& agreements);

}  // namespace mlp::experiment
