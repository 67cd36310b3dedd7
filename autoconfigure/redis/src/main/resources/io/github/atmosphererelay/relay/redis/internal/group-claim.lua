-- Begins an attempt to make a group in a lane. From then on no former attempt notes anything
-- there: its member may have stood still since it read the positions.
--
-- KEYS[1] the lease, see group-lease.lua; ARGV[1] a mark of the attempt
-- Returns 1 if a member has had the lane, so that the group existed before, otherwise 0

redis.call('HSET', KEYS[1], 'maker', ARGV[1])
return { redis.call('HGET', KEYS[1], 'token') and 1 or 0 }
