#include "services/base/address.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mlp {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kLongestPath = 107;  // what the system has room for
constexpr std::size_t kLongestHost = 253;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::string_view AsAbsl(std::string_view text) { return {text.data(), text.size()}; }

// Returns an error that quotes `text`; `problem` is the rest of the sentence.
absl::Status Problem(std::string_view text, std::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("\"", AsAbsl(text), "\"", AsAbsl(problem)));
}

absl::Status NotHostAndPort(std::string_view text, AddressUse use) {
  return Problem(text, use == AddressUse::kListen
                           ? " is not host:port, such as 0.0.0.0:9090 or [::]:9090"
                           : " is not host:port, such as localhost:9090");
}

// Says what is wrong at first sight, before the parts are looked at.
absl::Status CheckForm(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) {
    return Problem(text.substr(kByteOrderMark.size()),
                   " has a byte order mark before it; give HOST:PORT without it");
  }
  if (absl::StripAsciiWhitespace(AsAbsl(text)).size() < text.size()) {
    return Problem(text, " has a blank before or behind it; give HOST:PORT without blanks");
  }
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return absl::OkStatus();
  if (text.starts_with(kUnix)) return Problem(text, " has slashes too many; give unix:PATH");
  return Problem(text, absl::StrCat(" has a scheme; give HOST:PORT without ",
                                    AsAbsl(text.substr(0, scheme)), "://"));
}

absl::StatusOr<Address> ParsePath(std::string_view text) {
  Address address;
  address.path = std::string(text.substr(kUnix.size()));
  if (address.path.empty()) return Problem(text, " has no path; give unix:PATH");
  if (address.path.size() > kLongestPath) {
    return Problem(text, absl::StrCat(" has a path of ", address.path.size(),
                                      " bytes; a socket's has at most ", kLongestPath));
  }
  return address;
}

// Tells whether `host` may be an IPv6 address, also with a zone ("fe80::1%eth0").
bool IsIpv6(std::string_view host) {
  const std::string_view digits = host.substr(0, host.find('%'));
  return std::ranges::count(digits, ':') >= 2 && std::ranges::all_of(digits, [](unsigned char c) {
           return absl::ascii_isxdigit(c) || c == ':' || c == '.';
         });
}

bool IsName(std::string_view host) {
  return !host.empty() && host.size() <= kLongestHost &&
         std::ranges::all_of(host, [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

absl::StatusOr<std::uint16_t> ParsePort(std::string_view text, std::string_view port,
                                        AddressUse use) {
  if (port.empty() || !std::ranges::all_of(port, absl::ascii_isdigit)) {
    return NotHostAndPort(text, use);
  }
  const std::uint32_t least = use == AddressUse::kListen ? 0 : 1;
  std::uint32_t number = 0;
  if (!absl::SimpleAtoi(AsAbsl(port), &number) || number < least || number > 65535) {
    return Problem(
        text, absl::StrCat(": ", AsAbsl(port), " is not a port; ports are ", least, " to 65535"));
  }
  return static_cast<std::uint16_t>(number);
}

absl::StatusOr<std::string> ParseHost(std::string_view text, std::string_view host,
                                      AddressUse use) {
  if (host.empty() && use != AddressUse::kAdvertise) return NotHostAndPort(text, use);
  if (host.empty() || IsName(host)) return std::string(host);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string_view inside = bracketed ? host.substr(1, host.size() - 2) : host;
  if (bracketed && IsIpv6(inside)) return std::string(inside);
  return Problem(text, absl::StrCat(": \"", AsAbsl(host), "\" is no name or address of a host"));
}

}  // namespace

absl::StatusOr<Address> ParseAddress(std::string_view text, AddressUse use) {
  if (absl::Status status = CheckForm(text); !status.ok()) return status;
  if (text.starts_with(kUnix)) return ParsePath(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return NotHostAndPort(text, use);
  const std::string_view before = text.substr(0, colon);
  if (IsIpv6(text)) {
    // The last part is the port if an address is left without it.
    const bool has_port = IsIpv6(before) && (before.back() != ':' || before.ends_with("::"));
    return Problem(text, absl::StrCat(": an IPv6 address needs brackets; write [",
                                      AsAbsl(has_port ? before : text),
                                      "]:", AsAbsl(has_port ? text.substr(colon + 1) : "PORT")));
  }
  const auto port = ParsePort(text, text.substr(colon + 1), use);
  if (!port.ok()) return port.status();
  auto host = ParseHost(text, before, use);
  if (!host.ok()) return host.status();
  return Address{*std::move(host), *port};
}

std::string ToString(const Address& address) {
  if (!address.path.empty()) return absl::StrCat(AsAbsl(kUnix), address.path);
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return ipv6 ? absl::StrCat("[", address.host, "]:", address.port)
              : absl::StrCat(address.host, ":", address.port);
}

}  // namespace mlp
