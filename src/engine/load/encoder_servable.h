// The weights of an encoder as the scheduler runs them.

#pragma once

#include <memory>

#include "engine/servable.h"
#include "models/encoder.h"

namespace quern::engine {

std::shared_ptr<const Servable> make_encoder_servable(std::shared_ptr<const ModelCard> card,
                                                      models::Encoder model);

}  // namespace quern::engine
