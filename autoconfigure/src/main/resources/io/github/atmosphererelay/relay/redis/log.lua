-- What both scripts begin with: finds the life of the log that they work on.
--
-- KEYS[1]  the log, a stream; its ids are <offset>-0, its fields x, when the
--          publication expires, and e, the envelope
-- KEYS[2]  what outlives the stream, a hash: birth, the mark of the log's life; run,
--          the server process in which that life began; top, the last offset; until,
--          how long the stream is kept; oldest, when the oldest publication expires,
--          or an earlier time
-- ARGV[1]  the server process, by the first letters of its run_id; empty to look it up,
--          under Cluster, where each slot may be on another server
-- ARGV[2]  the mark of a new life, if one begins now
--
-- All times are the server's, in milliseconds: nodes may disagree about theirs.

local call = redis.call
local stream, meta = KEYS[1], KEYS[2]
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run = ARGV[1]
if run == '' then
  run = string.sub(string.match(call('INFO', 'server'), 'run_id:(%x+)'), 1, 8)
end
local known = call('HMGET', meta, 'birth', 'run', 'top', 'until', 'oldest')
local birth, top = known[1], tonumber(known[3] or 0)
local lasting, oldest = tonumber(known[4] or 0), tonumber(known[5] or 0)
if not birth or known[2] ~= run then
  -- Without the hash nobody knows what the stream lacks. With that of another process
  -- the log is whole as far as it goes, but a restart or a fail-over may have rolled it
  -- back: offsets go on, positions of before count no more.
  if not birth then
    call('UNLINK', stream)
  end
  birth = ARGV[2]
  call('HSET', meta, 'birth', birth, 'run', run, 'top', top)
end
local epoch = birth .. '-' .. run

-- Keeps the stream until the given time at least, and the hash for a day longer, so that
-- whoever holds a position learns that nothing came after it. Sets the times to live at
-- most once in a second.
local function keep(till)
  if till > lasting then
    lasting = till + 1000
    call('HSET', meta, 'until', lasting)
    call('PEXPIREAT', meta, lasting + 86400000)
    call('PEXPIREAT', stream, lasting)
  end
end

-- Removes what has expired from the oldest on, so that the log never has a hole, but not
-- much more than the given number at once. Returns whether nothing expired is left.
local function expire(limit)
  local from, done = nil, false
  local count = 0
  while not done and count < limit do
    local head = call('XRANGE', stream, from or '-', '+', 'COUNT', 20)
    for i = 1, #head do
      local expiry = tonumber(head[i][2][2])
      if expiry > now then
        oldest = expiry
        done = true
        break
      end
      from = string.format('%.0f-0', string.match(head[i][1], '^%d+') + 1)
    end
    if #head == 0 then
      -- The next one is looked at again
      oldest = now
      done = true
    end
    count = count + 20
  end
  if from then
    call('XTRIM', stream, 'MINID', from)
  end
  if done then
    call('HSET', meta, 'oldest', oldest)
  end
  return done
end

