-- Lets one member at a time make a group, which means to note where it begins in each channel.
--
-- KEYS[1] "made" when the group is made; before, the id of the member that makes it
-- ARGV: the member's id; for how long it may take until it asks again, in milliseconds, or 0
--       when it has made the group
-- Returns made, mine or other

local now = redis.call('GET', KEYS[1])
if now == 'made' then
  return { 'made' }
end
if now and now ~= ARGV[1] then
  return { 'other' }
end
if ARGV[2] == '0' then
  redis.call('SET', KEYS[1], 'made')
  return { 'made' }
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { 'mine' }
