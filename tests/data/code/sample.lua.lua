local json = require("json")

local LIMIT = 10
local M = {}

--- Adds.
function M.add(a, b)
  return a + b
end

function M:save(path)
  self.path = path
end

local function helper(x)
  return x
end

function global(x)
  local function inner() end
  return inner
end

M.twice = function(x) return 2 * x end
local thrice = function(x) return 3 * x end

local handlers = {
  open = function() end,
  count = 3,
}

return M
