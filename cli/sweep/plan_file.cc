#include "cli/sweep/plan_file.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/sweep/nearest.h"
#include "cli/sweep/number_text.h"
#include "libmlp/data/dataset_files.h"
#include "libmlp/train/training_options.h"
#include "services/base/sha256.h"
#include "services/report/table_reader.h"

namespace mlp::cli::sweep {
namespace {

using report::Problems;
using report::TableReader;

constexpr std::int64_t kDefaultTrials = 20;
constexpr std::int64_t kMaxRepeats = 1000;

std::string NearestOptions(std::string_view key) {
  std::vector<std::string_view> names;
  for (const TrainingOption& option : TrainingOptions()) names.push_back(NameOf(option));
  const auto nearest = Nearest(key, std::move(names));
  return absl::StrJoin(nearest, ", ", [](std::string* out, std::string_view name) {
    out->append(name.data(), name.size());
  });
}

// The keys in the order of the file, which toml++ does not keep.
std::vector<std::string> KeysOf(const toml::table& table) {
  std::vector<std::pair<toml::source_position, std::string>> keys;
  for (const auto& [key, node] : table) {
    keys.emplace_back(key.source().begin, std::string(key.str()));
  }
  std::ranges::sort(keys, [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (auto& [where, name] : keys) names.push_back(std::move(name));
  return names;
}

// The value as users type it behind an option; nullopt if they cannot.
std::optional<std::string> TextOf(const toml::node& node) {
  if (node.is_string()) return node.as_string()->get();
  if (node.is_integer()) return absl::StrCat(node.as_integer()->get());
  if (node.is_floating_point()) return NumberText(node.as_floating_point()->get());
  if (node.is_boolean()) return std::string(node.as_boolean()->get() ? "true" : "false");
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const toml::node& each : *array) {
    const std::optional<std::string> text = each.is_array() ? std::nullopt : TextOf(each);
    if (!text) return std::nullopt;
    texts.push_back(*text);
  }
  return absl::StrJoin(texts, ",");
}

class Reader {
 public:
  Reader(const toml::table& root, Problems& problems)
      : problems_(problems), top_(root, "", problems) {}

  Plan Read() {
    plan_.dataset = top_.Text("dataset").value_or("");
    if (!top_.Has("dataset")) top_.Refuse("dataset", "is required");
    ReadSearch();
    plan_.repeats = static_cast<std::size_t>(top_.Whole("repeats", 1, kMaxRepeats).value_or(1));
    ReadSettings();
    ReadTry();
    top_.RefuseOthers();
    if (problems_.status().ok()) MakeSettings();
    return std::move(plan_);
  }

 private:
  void ReadSearch() {
    const std::string search = top_.Text("search").value_or("grid");
    if (search != "grid" && search != "random") {
      top_.Refuse("search", absl::StrCat("is ", search, "; must be grid or random"));
    }
    plan_.random = search == "random";
    trials_ = top_.Whole("trials", 1, kMaxTrials).value_or(kDefaultTrials);
    seed_ = top_.Whole("seed", 0, std::numeric_limits<std::int64_t>::max()).value_or(1);
    for (const char* key : {"trials", "seed"}) {
      if (top_.Has(key) && !plan_.random) top_.Refuse(key, "is for search = \"random\" only");
    }
  }

  void ReadSettings() {
    const toml::table& table = *top_.Table("settings");
    TableReader reader(table, "settings.", problems_);
    for (const std::string& key : KeysOf(table)) {
      const TrainingOption* option = OptionOf(reader, key);
      if (option == nullptr) continue;
      if (const auto text = TextFor(reader, key, *option, *table.get(key))) {
        plan_.fixed.push_back({option, *text});
      }
    }
  }

  void ReadTry() {
    const toml::table& table = *top_.Table("try");
    if (table.empty()) top_.Refuse("try", "is needed, with at least one option to vary");
    TableReader reader(table, "try.", problems_);
    for (const std::string& key : KeysOf(table)) {
      const TrainingOption* option = OptionOf(reader, key);
      if (option == nullptr) continue;
      const auto same = [option](const Fixed& fixed) { return fixed.option == option; };
      if (std::ranges::any_of(plan_.fixed, same)) {
        reader.Refuse(key, "is in [settings] too; leave one out");
      }
      const toml::node& node = *table.get(key);
      if (node.is_table()) {
        axes_.push_back({option, RangeOf(reader, key, *option, *node.as_table())});
      } else {
        axes_.push_back({option, ListOf(reader, key, *option, node)});
      }
      plan_.varied.push_back(option);
    }
  }

  const TrainingOption* OptionOf(TableReader& reader, const std::string& key) {
    for (const TrainingOption& option : TrainingOptions()) {
      if (NameOf(option) != key) continue;
      if (key == "seed" && plan_.repeats > 1) {
        reader.Refuse(key, "cannot be given with repeats, whose seeds are 1, 2, 3 …");
      }
      return &option;
    }
    reader.Refuse(key,
                  absl::StrCat("is no option of training; the nearest are: ", NearestOptions(key)));
    return nullptr;
  }

  static std::optional<std::string> TextFor(TableReader& reader, const std::string& key,
                                            const TrainingOption& option, const toml::node& node) {
    const std::optional<std::string> text = TextOf(node);
    if (!text) {
      reader.Refuse(key, "must be a text, a number, true, false or an array of numbers");
      return std::nullopt;
    }
    v1::JobSpec ignored;
    const absl::Status taken = SetTrainingOption(option, *text, ignored);
    if (taken.ok()) return text;
    reader.Refuse(key, std::string(taken.message()));
    return std::nullopt;
  }

  static std::vector<std::string> ListOf(TableReader& reader, const std::string& key,
                                         const TrainingOption& option, const toml::node& node) {
    std::vector<std::string> texts;
    const toml::array* array = node.as_array();
    if (array == nullptr || array->empty()) {
      reader.Refuse(key,
                    "must be a list of what to try, such as [1, 2], or a range, such as "
                    "{ min = 1, max = 2 }");
      return {""};
    }
    for (const toml::node& each : *array) {
      const auto text = TextFor(reader, key, option, each);
      if (!text) break;
      if (std::ranges::find(texts, *text) != texts.end()) {
        reader.Refuse(key, absl::StrCat("has ", *text, " twice"));
      }
      texts.push_back(*text);
    }
    return texts;
  }

  Range RangeOf(TableReader& reader, const std::string& key, const TrainingOption& option,
                const toml::table& table) {
    TableReader inner(table, absl::StrCat("try.", key, "."), problems_);
    const std::string type = TypeName(option);
    Range range{.whole = type.starts_with("INT")};
    if (!plan_.random) reader.Refuse(key, "is a range, which search = \"random\" draws from");
    if (!range.whole && !type.starts_with("FLOAT")) {
      reader.Refuse(key, absl::StrCat("is no number; give a list of ",
                                      type.empty() ? "true and false" : type));
    }
    range.min = BoundOf(inner, "min", option);
    range.max = BoundOf(inner, "max", option);
    const std::string scale = inner.Text("scale").value_or("linear");
    range.logarithmic = scale == "log";
    if (scale != "log" && scale != "linear") inner.Refuse("scale", "must be linear or log");
    if (range.min >= range.max) inner.Refuse("max", "must be greater than min");
    if (range.logarithmic && range.min <= 0) inner.Refuse("min", "must be > 0 for scale = \"log\"");
    inner.RefuseOthers();
    return range;
  }

  static double BoundOf(TableReader& inner, const char* key, const TrainingOption& option) {
    if (!inner.Has(key)) inner.Refuse(key, "is required");
    const double bound = inner.Number(key, -1e300, 1e300).value_or(0);
    v1::JobSpec ignored;
    const absl::Status taken = SetTrainingOption(option, NumberText(bound), ignored);
    if (!taken.ok()) inner.Refuse(key, std::string(taken.message()));
    return bound;
  }

  void MakeSettings() {
    const auto settings = plan_.random ? static_cast<std::size_t>(trials_) : CountSettings(axes_);
    if (settings * plan_.repeats > kMaxTrials) {
      const std::string many =
          settings > kMaxTrials ? absl::StrCat("more than ", kMaxTrials) : absl::StrCat(settings);
      top_.Refuse("try", absl::StrCat("makes ", many, " settings, each trained ", plan_.repeats,
                                      " times; at most ", kMaxTrials, " trials"));
      return;
    }
    plan_.settings =
        plan_.random ? Drawn(axes_, settings, static_cast<std::uint64_t>(seed_)) : Grid(axes_);
  }

  Problems& problems_;
  TableReader top_;
  Plan plan_;
  std::vector<Axis> axes_;
  std::int64_t trials_ = kDefaultTrials;
  std::int64_t seed_ = 1;
};

}  // namespace

absl::StatusOr<Plan> ParsePlan(std::string_view text, std::string_view name) {
  const absl::StatusOr<toml::table> table = report::ParseToml(text, name);
  if (!table.ok()) return table.status();
  Problems problems(name);
  Plan plan = Reader(*table, problems).Read();
  if (!problems.status().ok()) return problems.status();
  plan.digest = Hex(Sha256(text));
  return plan;
}

absl::StatusOr<Plan> ReadPlan(const std::filesystem::path& file) {
  const absl::StatusOr<std::string> text = ReadFile(file);
  if (!text.ok()) return text.status();
  return ParsePlan(*text, file.string());
}

}  // namespace mlp::cli::sweep
