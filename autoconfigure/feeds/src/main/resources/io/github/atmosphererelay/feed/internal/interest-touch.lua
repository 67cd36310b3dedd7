-- Keeps the interest of a node in a feed for longer.
--
-- KEYS: the interest; the index of all interests. ARGV: how long to keep it in ms, its name in the index
-- Returns its version, or an empty string if Redis has lost it

local version = redis.call('HGET', KEYS[1], '')
if not version then
  return ''
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('SADD', KEYS[2], ARGV[2])
return version
