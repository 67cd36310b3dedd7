-- KEYS[1] the states of the space, KEYS[2] that the key has no value any more, ARGV[1] the key
-- Returns 'value' or 'none' and '<generation>:<offset>:<value>'; nothing if the key is not known

local present = redis.call('HGET', KEYS[1], ARGV[1])
if present then
  return { 'value', present }
end
local removed = redis.call('GET', KEYS[2])
if removed then
  return { 'none', removed }
end
return {}
