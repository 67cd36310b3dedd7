-- KEYS: the interest of a node in a feed
-- Returns its version and its channels, with the empty name of the version among them; nothing if it
-- does not exist

local version = redis.call('HGET', KEYS[1], '')
if not version then
  return {}
end
local reply = redis.call('HKEYS', KEYS[1])
table.insert(reply, 1, version)
return reply
