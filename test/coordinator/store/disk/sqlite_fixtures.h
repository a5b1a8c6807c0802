// A SqliteStore in a test's directory, and access to its database from outside.
#pragma once

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "services/coordinator/store/disk/sqlite_store.h"
#include "test/coordinator/store/store_steps.h"

namespace mlp::coordinator::test {

namespace fs = std::filesystem;

inline std::unique_ptr<SqliteStore> Opened(const fs::path& directory) {
  auto store = SqliteStore::Open(directory);
  INFO(store.status());
  REQUIRE(store.ok());
  return *std::move(store);
}

inline absl::Status OpenError(const fs::path& directory) {
  const auto store = SqliteStore::Open(directory);
  REQUIRE_FALSE(store.ok());
  return store.status();
}

inline bool Says(const absl::Status& status, const std::string& text) {
  return status.ToString().find(text) != std::string::npos;
}

inline void Take(Store& store, int step) {
  const absl::Status status = store.Commit(StepChanges(step));
  INFO(status);
  REQUIRE(status.ok());
}

// Runs statements on the database as an operator's shell would; returns the first row's first text.
inline std::string Sql(const fs::path& directory, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((directory / "coordinator.db").c_str(), &database) == SQLITE_OK);
  std::string text;
  const auto keep = [](void* to, int, char** values, char**) {
    auto& text = *static_cast<std::string*>(to);
    if (text.empty() && values[0] != nullptr) text = values[0];
    return 0;
  };
  char* error = nullptr;
  sqlite3_exec(database, sql.c_str(), keep, &text, &error);
  const std::string message = error == nullptr ? "" : error;
  sqlite3_free(error);
  sqlite3_close(database);
  REQUIRE(message == "");
  return text;
}

inline void CheckIntegrity(const fs::path& directory) {
  CHECK(Sql(directory, "PRAGMA integrity_check") == "ok");
  CHECK(Sql(directory, "PRAGMA foreign_key_check").empty());
}

inline void Fill(const fs::path& file, const std::string& contents) {
  std::ofstream(file, std::ios::binary) << contents;
}

}  // namespace mlp::coordinator::test
