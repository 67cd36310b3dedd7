-- Notes where a group begins, unless that is known.
--
-- KEYS: the progress of a group in the channels of a lane, a hash; the lease, see
--       group-lease.lua
-- ARGV: the mark of the attempt, see group-claim.lua; 1 if the positions are those of now, so
--       that they are too late if a member has had the lane, otherwise 0; then channel and
--       position in turn
-- Returns 1; or 0 if the positions are too late: nothing was noted

local lane = redis.call('HMGET', KEYS[2], 'maker', 'token')
if lane[1] ~= ARGV[1] or (ARGV[2] == '1' and lane[2]) then
  return { 0 }
end
for i = 3, #ARGV, 2 do
  redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
end
return { 1 }
