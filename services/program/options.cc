#include "services/program/options.h"

#include <cctype>
#include <cstddef>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace mlp::program {
namespace {

// Tells whether the option's value is that of its variable.
bool CameFromEnvironment(const CLI::Option& option) {
  if (option.get_envname().empty()) return false;
  const char* const value = std::getenv(option.get_envname().c_str());
  return value != nullptr && *value != '\0' && option.results() == std::vector<std::string>{value};
}

// Returns where `message` has the option's name as a whole word; npos if it does not.
std::size_t PlaceOf(const std::string& name, const std::string& message) {
  std::size_t place = message.find(name);
  while (place != std::string::npos) {
    const std::size_t end = place + name.size();
    const bool ends =
        end == message.size() ||
        (std::isalnum(static_cast<unsigned char>(message[end])) == 0 && message[end] != '-');
    if (ends) return place;
    place = message.find(name, end);
  }
  return place;
}

}  // namespace

std::function<std::string(const std::string&)> AddressCheck(AddressUse use) {
  return [use](const std::string& text) {
    return std::string(ParseAddress(text, use).status().message());
  };
}

void TakeFromEnvironment(CLI::App& app, std::string_view program) {
  for (CLI::Option* option : app.get_options()) {
    const bool takes_value = option->get_items_expected_min() > 0;
    // Orchestrators set variables such as MLP_NODE_PORT for services of their own, so arguments
    // without a name, such as PORT, have none.
    if (option->get_lnames().empty() || !takes_value || !option->get_envname().empty()) continue;
    const std::string words = absl::StrCat(std::string(program), "-", option->get_lnames().front());
    option->envname(absl::AsciiStrToUpper(absl::StrReplaceAll(words, {{"-", "_"}})));
  }
}

std::vector<std::string> VariablesTaken(const CLI::App& app) {
  std::vector<std::string> variables;
  for (const CLI::Option* option : app.get_options()) {
    if (CameFromEnvironment(*option)) variables.push_back(option->get_envname());
  }
  return variables;
}

std::string NamingVariables(const CLI::App& app, std::string message) {
  for (const CLI::Option* option : app.get_options()) {
    if (!CameFromEnvironment(*option)) continue;
    const std::string name = option->get_name();
    const std::size_t place = PlaceOf(name, message);
    if (place != std::string::npos) message.replace(place, name.size(), option->get_envname());
  }
  return message;
}

}  // namespace mlp::program
