// config.json of the BERT family: hyper-parameters, task and labels.
// Source: huggingface/transformers configuration_bert.py and configuration_utils.py.

#pragma once

#include <string>
#include <vector>

#include "formats/json_object.h"
#include "formats/model_folder.h"

namespace quern::formats {

Result<BertConfig> read_bert_config(const JsonObject& config);

/// Classification for *ForSequenceClassification, else embedding. Errors: kUnsupported for heads
/// whose output is neither (token classification, question answering, ...).
Result<Task> read_task(const JsonObject& config);

/// The label of each logit: id2label, or "LABEL_0" ... up to num_labels (2 unless said).
Result<std::vector<std::string>> read_labels(const JsonObject& config);

}  // namespace quern::formats
