// The tools of a source tree as the Model Context Protocol offers them: names, schemas, what is
// read from their arguments.

#pragma once

#include <vector>

#include "apps/code/code_tools.h"
#include "serve/mcp/mcp_server.h"

namespace quern::serve {

/// `tools` outlives them.
std::vector<McpTool> code_tool_set(apps::CodeTools& tools);

/// What a model is told of them all.
std::string code_instructions(const std::string& root);

}  // namespace quern::serve
