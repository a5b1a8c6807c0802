// The results of an experiment as one page that needs nothing else: pictures are inline SVG,
// colours follow the reader's light or dark scheme. Pure.
#pragma once

#include <string>
#include <vector>

#include "services/experiment/agreement.h"
#include "services/experiment/summary.h"

namespace mlp::experiment {

std::string ReportHtml(const Summary& summary, const std::vector<Agreement>& agreements);

}  // namespace mlp::experiment
