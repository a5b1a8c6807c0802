#include "cli/options_reference.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace mlp::cli {
namespace {

// A description "What it is [its default]" in its two parts.
struct Described {
  std::string what, otherwise;
};

Described DescribedOption(const CLI::Option& option) {
  std::string what = option.get_description();
  if (!what.empty() && what.back() == ']') {
    const std::size_t begin = what.rfind(" [");
    if (begin != std::string::npos) {
      return {what.substr(0, begin), what.substr(begin + 2, what.size() - begin - 3)};
    }
  }
  return {std::move(what), option.get_default_str()};
}

// `text` for a cell of a table.
std::string Cell(const std::string& text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

std::string Code(const std::string& text) {
  return text.empty() ? "" : absl::StrCat("`", Cell(text), "`");
}

// The type without its repetition: CLI11 has "INT:INT in [1 - 10]", "INT:NONNEGATIVE" and
// "a|b:{a,b}".
std::string TypeOf(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  const std::string type = option.get_type_name();
  const std::size_t colon = type.find(':');
  if (colon == std::string::npos) return type;
  const std::string before = type.substr(0, colon), after = type.substr(colon + 1);
  if (after.starts_with(before + " ")) return after;
  if (after == "NONNEGATIVE") return before + " >= 0";
  return after.starts_with("{") ? before : type;
}

std::string Row(const CLI::Option& option) {
  const auto [what, otherwise] = DescribedOption(option);
  std::string meaning = what;
  const std::string environment = option.get_envname();
  if (!environment.empty()) {
    absl::StrAppend(&meaning, ". Also the environment variable `", environment, "`");
  }
  return absl::StrCat(
      "| ", Code(option.get_name(/*positional=*/!option.nonpositional(), /*all_options=*/true)),
      " | ", Code(TypeOf(option)), " | ", option.get_required() ? "required" : Cell(otherwise),
      " | ", Cell(meaning), " |\n");
}

std::string Options(const CLI::App& app) {
  std::string rows;
  for (const CLI::Option* option : app.get_options()) {
    if (option != app.get_help_ptr() && !option->get_group().empty()) rows += Row(*option);
  }
  if (rows.empty()) return "";
  return absl::StrCat("\n| option | takes | default | meaning |\n|---|---|---|---|\n", rows);
}

std::string Example(const CLI::App& app) {
  constexpr std::string_view kBegin = "Example: ";
  const std::string footer = app.get_footer();
  const bool inherited = footer.find('\n') != std::string::npos;  // from the program
  if (!footer.starts_with(kBegin) || inherited) return "";
  return absl::StrCat("\nExample: `", footer.substr(kBegin.size()), "`\n");
}

std::string CommandsText(const CLI::App& parent, const std::string& path) {
  std::string text;
  for (const CLI::App* app : parent.get_subcommands([](const CLI::App*) { return true; })) {
    if (app->get_group().empty()) continue;
    const std::string name = path + app->get_name();
    absl::StrAppend(&text, "\n## ", name, "\n", app->get_description(), ".\n", Options(*app),
                    Example(*app), CommandsText(*app, name + " "));
  }
  return text;
}

}  // namespace

std::string OptionsReference(const CLI::App& app) {
  return absl::StrCat("# Options of ", app.get_name(),
                      "\n\nWritten by `scripts/options-reference` from the words of `--help`: a "
                      "change belongs in the sources,\nand a test compares. `--help` and `-h` show "
                      "those of a command. [running.md](running.md) tells what they\nare good for."
                      "\n\n## Every command\n",
                      Options(app), CommandsText(app, ""));
}

}  // namespace mlp::cli
