// Activations of the small layers behind an encoder: of classifiers, and of Dense modules.

#pragma once

namespace quern::formats {

/// kGelu is the exact one (erf), kGeluTanh its usual approximation.
enum class HeadActivation { kNone, kTanh, kRelu, kGelu, kGeluTanh, kSilu, kSigmoid };

}  // namespace quern::formats
