#include "cli/dataset/table_options.h"

#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mlp::cli {

std::vector<CLI::Option*> AddColumnOptions(CLI::App& app, TableOptions& options) {
  SchemaOptions& schema = options.schema;
  const std::map<std::string, Header> headers = {
      {"auto", Header::kAuto}, {"yes", Header::kYes}, {"no", Header::kNo}};
  std::map<std::string, TableFormat> formats;
  std::string format_words;
  for (const TableFormat format : kTableFormats) {
    const std::string word(TableFormatName(format));
    formats[word] = format;
    absl::StrAppend(&format_words, format_words.empty() ? "" : "|", word);
  }
  return {
      app.add_option("--label", schema.label, "Column with the class, by name or number [last]")
          ->type_name("COLUMN"),
      app.add_flag("--regression", schema.regression, "The label is a number to predict"),
      app.add_flag(
          "--impute", schema.impute,
          "Values may be missing (empty, NA, N/A, nan, null, ?): take the column's mean or most "
          "frequent text"),
      app.add_option("--text", schema.texts, "Columns of texts, even where these are numbers")
          ->type_name("COLUMN,…")
          ->delimiter(',')
          ->allow_extra_args(false),
      app.add_option("--ignore", schema.ignored, "Columns to leave out")
          ->type_name("COLUMN,…")
          ->delimiter(',')
          ->allow_extra_args(false),
      app.add_option("--header", schema.header,
                     "Whether the first row names the columns; auto: where none of it is a number "
                     "[auto]")
          ->transform(CLI::CheckedTransformer(headers).description(""))
          ->type_name("auto|yes|no"),
      app.add_option("--format", options.format, "Of the file [auto]")
          ->transform(CLI::CheckedTransformer(formats).description(""))
          ->type_name(format_words),
      AddSeparatorOption(app, options.separator)};
}

CLI::Option* AddSeparatorOption(CLI::App& app, char& separator) {
  return app
      .add_option_function<std::string>(
          "--separator",
          [&separator](const std::string& text) {
            const bool tab = text == "tab" || text == "\\t" || text == "\t";
            if (!tab && (text.size() != 1 || !absl::ascii_ispunct(text[0]) || text == "\"")) {
              throw CLI::ValidationError("--separator",
                                         text + " is neither a character such as ; or | nor tab");
            }
            separator = tab ? '\t' : text[0];
          },
          "Between the cells of CSV: ; or tab, for example [,]")
      ->type_name("CHARACTER");
}

std::vector<CLI::Option*> AddSplitOptions(CLI::App& app, SplitOptions& options) {
  CLI::Option* share =
      app.add_option("--validation", options.deal.validation,
                     "Share of the rows, of each class, for the validation file [0.2]")
          ->check(CLI::Range(1e-6, 1 - 1e-6));
  return {share,
          app.add_option("--validation-file", options.validation_file,
                         "The validation rows: a table with the same columns")
              ->type_name("FILE")
              ->excludes(share),
          app.add_option("--shards", options.deal.shards, "Shards to make [4]")
              ->check(CLI::Range(1, 99'999)),
          app.add_option("--seed", options.deal.seed, "Of the shuffle [1]"),
          app.add_flag_callback(
              "--no-standardize", [&options] { options.standardize = false; },
              "Leave numbers as they are, without mean 0 and standard deviation 1")};
}

}  // namespace mlp::cli
