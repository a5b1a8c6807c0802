// Predicts the rows of a request with a model. Pure, but for the protocol's messages; any thread.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "mlp/v1/predict.pb.h"

namespace mlp::coordinator {

struct Model;

inline constexpr int kMaxPredictRows = 10'000;
inline constexpr std::size_t kMaxPredictBytes = std::size_t{4} << 20;  // a request's limit
// The limit of rows times parameters: some tenths of a second on one thread.
inline constexpr std::size_t kMaxPredictWork = std::size_t{1} << 33;
// The limit of probabilities in a response: 32 MiB.
inline constexpr std::size_t kMaxPredictValues = std::size_t{1} << 22;

// Checks the limits that need no model. InvalidArgument names the field.
absl::Status CheckPredict(const v1::PredictRequest& request);

// Predicts the rows of a request that passed CheckPredict. InvalidArgument names the row, as in
// "rows[3].cells".
absl::StatusOr<v1::PredictResponse> PredictRows(const Model& model,
                                                const v1::PredictRequest& request);

}  // namespace mlp::coordinator
