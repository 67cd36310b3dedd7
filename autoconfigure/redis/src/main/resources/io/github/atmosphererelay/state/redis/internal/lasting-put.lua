-- Replaces a state that is kept until it is removed. Numbers are compared as text, because they may have
-- more digits than Lua keeps.
--
-- KEYS[1] the states of the space: a hash of keys to '<generation>:<offset>:<value>'
-- KEYS[2] that the key has no value any more: '<generation>:<offset>:', which expires
-- ARGV: the key, the generation, the offset, how long to know of a removal in ms, 'value' or 'none', and the
-- value
-- Returns '1' if it was newer, '0' if it is there already, '-1' if a newer one is there

local function compare(a, b)
  if #a ~= #b then
    return #a < #b and -1 or 1
  end
  return a == b and 0 or (a < b and -1 or 1)
end

local present = redis.call('HGET', KEYS[1], ARGV[1]) or redis.call('GET', KEYS[2])
if present then
  local generation, offset = string.match(present, '^(%d+):(%d+):')
  local comparison = compare(ARGV[2], generation)
  if comparison == 0 then
    comparison = compare(ARGV[3], offset)
  end
  if comparison < 1 then
    return tostring(comparison)
  end
end
local version = ARGV[2] .. ':' .. ARGV[3] .. ':'
if ARGV[5] == 'value' then
  redis.call('HSET', KEYS[1], ARGV[1], version .. ARGV[6])
  redis.call('DEL', KEYS[2])
else
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('SET', KEYS[2], version, 'PX', ARGV[4])
end
return '1'
