#include "cli/model/predict.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <optional>

#include "absl/strings/str_format.h"
#include "cli/client/errors.h"
#include "cli/files/row_file.h"
#include "cli/files/write_file.h"
#include "cli/model/model_source.h"
#include "cli/show/prediction_text.h"
#include "libmlp/data/shard.h"
#include "libmlp/train/predictor.h"
#include "services/model/saved_model.h"

namespace mlp::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Sink = std::function<absl::Status(std::string_view)>;

// Predicts a block of rows and writes what comes out.
class Writer {
 public:
  Writer(const model::SavedModel& model, bool labels_only, Sink sink)
      : model_(model),
        predictor_(model.spec, *model.parameters),
        text_of_(model, labels_only),
        sink_(std::move(sink)) {}

  absl::Status WriteHeader() { return sink_(text_of_.Header()); }
  absl::Status Write(const Matrix<double>& features) {
    outputs_.resize({features.shape(0), model_.spec.classes()});
    predictor_.Predict(features, features.shape(0), outputs_);
    text_.clear();
    text_of_.Append(outputs_, text_);
    return sink_(text_);
  }

 private:
  const model::SavedModel& model_;
  Predictor predictor_;
  PredictionText text_of_;
  Sink sink_;
  Matrix<double> outputs_;
  std::string text_;
};

// Reads the next block while one is predicted and written. Returns the number of rows.
absl::StatusOr<std::size_t> PredictAll(RowBlocks& blocks, Writer& writer,
                                       const Interrupt& interrupt) {
  std::array<Shard, 2> shards;
  std::size_t rows = 0;
  absl::StatusOr<bool> more = blocks.Next(shards[0]);
  absl::Status status = more.ok() ? writer.WriteHeader() : more.status();
  for (std::size_t turn = 0; status.ok() && *more; turn = 1 - turn) {
    const Matrix<double>& features = shards[turn].features;
    rows += shards[turn].rows();
    std::future<absl::Status> written =
        std::async(std::launch::async, [&] { return writer.Write(features); });
    more = blocks.Next(shards[1 - turn]);
    status = written.get();
    status.Update(more.status());
    if (interrupt.happened()) status.Update(absl::CancelledError("interrupted"));
  }
  if (!status.ok()) return status;
  return rows;
}

Sink SinkOf(const Session& session, std::optional<NewFile>& file) {
  if (file) return [&file](std::string_view bytes) { return file->Write(bytes); };
  return [&session](std::string_view bytes) -> absl::Status {
    if (session.terminal.out << bytes) return absl::OkStatus();
    return absl::PermissionDeniedError("cannot write to standard output; is the disk full?");
  };
}

std::int64_t PeakBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{1024} * usage.ru_maxrss;
}

// Prints rows, time and memory: as JSON if the session asks for it, else for people if the error
// output is a terminal.
void Report(const Session& session, const PredictCommand& command, std::size_t rows,
            double seconds) {
  std::ostream& out = command.output.empty() ? session.terminal.err : session.terminal.out;
  const double rate = static_cast<double>(rows) / std::max(seconds, 1e-9);
  const std::int64_t bytes = PeakBytes();
  if (session.json) {
    out << absl::StreamFormat(R"({"rows":%d,"seconds":%.6f,"rowsPerSecond":%.0f,"peakBytes":%d})",
                              rows, seconds, rate, bytes)
        << std::endl;
  } else if (isatty(STDERR_FILENO) == 1) {
    session.terminal.err << absl::StreamFormat(
                                "%d rows in %.2f s, %.0f rows/s, at most %.0f MiB of memory", rows,
                                seconds, rate, static_cast<double>(bytes) / (1 << 20))
                         << std::endl;
  }
}

}  // namespace

int Run(const Session& session, const PredictCommand& command) {
  const Clock::time_point begin = Clock::now();
  const absl::StatusOr<RowBlocks::Source> source = OpenRows(command.file);
  if (!source.ok()) return Fail(session, source.status());
  const absl::StatusOr<model::SavedModel> model = LoadModel(session, command.model);
  if (!model.ok()) return Fail(session, model.status());
  std::optional<NewFile> file;
  if (!command.output.empty()) {
    absl::StatusOr<NewFile> opened = NewFile::Open(command.output);
    if (!opened.ok()) return Fail(session, opened.status());
    file.emplace(*std::move(opened));
  }
  const Schema schema = model::SchemaOf(*model);
  RowBlocks blocks(schema, NameOfRows(command.file), command.separator, LabelUse::kIgnored,
                   *source);
  Writer writer(*model, command.labels_only, SinkOf(session, file));
  absl::StatusOr<std::size_t> rows = PredictAll(blocks, writer, session.interrupt);
  if (rows.ok() && file) {
    if (absl::Status finished = file->Finish(); !finished.ok()) rows = finished;
  }
  if (!rows.ok()) return Fail(session, rows.status());
  Report(session, command, *rows, std::chrono::duration<double>(Clock::now() - begin).count());
  return kExitDone;
}

}  // namespace mlp::cli
