-- Replaces a state by a newer one. Numbers are compared as text, because they may have more digits than
-- Lua keeps.
--
-- KEYS[1] the state: a hash with its generation (g), its offset (o) and, unless it is removed, its value (v)
-- ARGV: the generation, the offset, how long to keep it in ms, 'value' or 'none', and the value
-- Returns '1' if it was newer, '0' if it is there already, '-1' if a newer one is there

local function compare(a, b)
  if #a ~= #b then
    return #a < #b and -1 or 1
  end
  return a == b and 0 or (a < b and -1 or 1)
end

local present = redis.call('HMGET', KEYS[1], 'g', 'o')
if present[1] and present[2] then
  local comparison = compare(ARGV[1], present[1])
  if comparison == 0 then
    comparison = compare(ARGV[2], present[2])
  end
  if comparison < 1 then
    return tostring(comparison)
  end
end
redis.call('HSET', KEYS[1], 'g', ARGV[1], 'o', ARGV[2])
if ARGV[4] == 'value' then
  redis.call('HSET', KEYS[1], 'v', ARGV[5])
else
  redis.call('HDEL', KEYS[1], 'v')
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return '1'
