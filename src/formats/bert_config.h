// config.json of the BERT family: hyper-parameters.
// Source: huggingface/transformers configuration_bert.py and configuration_utils.py.

#pragma once

#include "formats/json_object.h"
#include "formats/model_folder.h"

namespace quern::formats {

Result<BertConfig> read_bert_config(const JsonObject& config);

}  // namespace quern::formats
