-- KEYS[1] the state
-- Returns its generation and offset, and its value if it has one; nothing if there is none

local present = redis.call('HMGET', KEYS[1], 'g', 'o', 'v')
if not present[1] or not present[2] then
  return {}
end
if not present[3] then
  return { present[1], present[2] }
end
return present
