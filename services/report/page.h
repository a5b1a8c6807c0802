// The common parts of reports' pages: self-contained pages whose colours follow the reader's light
// or dark scheme. Pure.
#pragma once

#include <string>
#include <string_view>

#include "services/report/text_table.h"

namespace mlp::report {

// Escapes `text` for HTML, as content or attribute.
std::string Html(std::string_view text);

// Returns a table that may be scrolled sideways.
std::string TableHtml(const TextTable& table);

// Returns the page: style, `title` as its heading, then `body`, which is HTML.
std::string Page(std::string_view title, std::string_view body);

// Returns 1, 2 or 5 times a power of ten, so that an axis of length `longest`, > 0, has four to ten
// steps.
double TickStep(double longest);

}  // namespace mlp::report
