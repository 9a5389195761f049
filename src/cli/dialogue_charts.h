// Pictures of predictors: how they learn, and how long a reservoir remembers.

#pragma once

#include <string>
#include <vector>

#include "apps/dialogue/learning_curve.h"
#include "cli/svg_chart.h"

namespace quern::cli {

/// Of a measure by the number of dialogues, a line for each row.
Chart learning_chart(const std::vector<apps::LearningPoint>& points, const std::string& title,
                     double apps::ChoiceMetrics::* measure, double apps::ChoiceMetrics::* margin);

struct MemoryLine {
  std::string name;
  std::vector<double> recalled;  // By steps back, from 0 on (reservoir/memory_curve.h).
};
Chart memory_chart(const std::vector<MemoryLine>& lines);

}  // namespace quern::cli
