-- Notes where a group begins, unless that is known.
--
-- KEYS[1] the progress of a group in the channels of a lane, a hash; ARGV: channel and position
--         in turn

for i = 1, #ARGV, 2 do
  redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
end
return { 1 }
