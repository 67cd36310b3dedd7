-- What all scripts begin with: finds the life of the log that they work on.
--
-- KEYS[1]  the log, a stream; its ids are <offset>-0, its fields x, when the
--          publication expires, and e, the envelope
-- KEYS[2]  what outlives the stream, packed as STATE says: top, the last offset; lasting,
--          how long the stream is kept; oldest, when the oldest publication expires, or
--          an earlier time; size, how many publications count, of which the stream may
--          have some more; life, the history in which the log's life began; birth, the
--          mark of that life. Then, packed as LIFE says, the lives before, the latest
--          first: epoch; last, the last offset when the next life began; reached, the
--          greatest offset of that life that a node has reported, if above last
-- KEYS[3]  not under Cluster: the history that was found when somebody looked last
-- KEYS[4]  under Cluster KEYS[3]: a mark of the data of this slot or server, made when it is
--          missing, so that a flush is a new one
-- ARGV[1]  how to find the history of the server's data: m by KEYS[3], l by looking and
--          keeping it there, c by looking, under Cluster, where each slot may be on another
--          server
-- ARGV[2]  the mark of a new life, if one begins now
--
-- The history is the replication id, by its first letters. Redis takes a new one when it
-- starts and when a replica becomes the master, also one that has been the master before.
-- Looking costs as much as a third of an append, so nodes do it when they connect and now
-- and then. What is kept can be lost or rolled back like all else, and is then out of date
-- until the next look; where it is not out of date, all nodes go by the same.
--
-- A log that has no state is unborn: nothing is in it, and nothing is written when it is
-- read. All readers get the same position, offset 0 of an epoch that is computed, and the
-- first append takes that epoch. It is computed from what changes whenever a log could
-- have lived and gone: the mark above, how many keys the server has evicted, and the half
-- day, since a life that ends by itself takes a day at least. Who removes state and stream
-- by hand has to remove the mark, too. The half days of channels begin at different times,
-- so that their readers learn of the next one at different times, too.
--
-- All times are the server's, in milliseconds: nodes may disagree about theirs. Numbers
-- stay below 1e14, up to which Lua writes them as they are.
--
-- A call from a script costs Redis more than most of what is called, and so does each
-- part of a reply: hence one packed value, and nothing written that has not changed.

local call = redis.call
local stream, state = KEYS[1], KEYS[2]
local STATE = '>I8I8I8I8ss'
local LIFE = '>sI8I8'
local MAX_LIVES = 8
local DAY = 86400000
local HALF_DAY = DAY / 2
local time = call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
local known, history
if ARGV[1] == 'm' then
  local both = call('MGET', state, KEYS[3])
  known, history = both[1], both[2]
else
  known = call('GET', state)
end
if not history then
  local found = string.match(call('INFO', 'replication'), 'master_replid:(%x+)')
  -- What is like Redis but has no replication has the process at least
  history = string.sub(found or string.match(call('INFO', 'server'), 'run_id:(%x+)'), 1, 8)
  if ARGV[1] ~= 'c' and call('GET', KEYS[3]) ~= history then
    call('SET', KEYS[3], history)
  end
end
local top, lasting, oldest, size, life, birth = 0, 0, 0, 0, '', ''
local lives = ''
local changed, longer = false, false
if known then
  local after
  top, lasting, oldest, size, life, birth, after = struct.unpack(STATE, known)
  lives = string.sub(known, after)
end

-- Returns the mark that an unborn log has, as of some half days ago.
local function unborn(ago, rest)
  local key = KEYS[ARGV[1] == 'c' and 3 or 4]
  local mark = call('GET', key)
  if not mark then
    mark = ARGV[2]
    call('SET', key, mark)
  end
  local evicted = string.match(call('INFO', 'stats'), 'evicted_keys:(%d+)') or ''
  local phase = tonumber(string.sub(redis.sha1hex(stream), 1, 8), 16) / 4294967296
  local half = math.floor(now / HALF_DAY + phase) - ago
  return string.sub(redis.sha1hex(table.concat({ mark, evicted, half, stream, rest }, ' ')), 1, 12)
end

if not known then
  -- Nobody knows what a stream lacks that has lost its state; its last entry tells apart
  -- what is computed for it
  local last = call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  birth = unborn(0, last and last[1] .. last[2][4] or '')
elseif life ~= history then
  -- The log is whole as far as it goes, but a restart or a fail-over may have rolled it
  -- back: offsets go on, positions of before count no more. Where the life before has
  -- ended is kept, so that nodes deliver all that follows from where they were in it.
  local before = struct.pack(LIFE, birth .. '-' .. life, top, 0)
  lives = string.sub(before .. lives, 1, MAX_LIVES * #before)
  birth, changed = ARGV[2], true
end
local begun = changed
local epoch = birth .. '-' .. history

-- Keeps the stream until the given time at least, and the state for a day longer, so that
-- whoever holds a position learns that nothing came after it. Changes the times to live
-- at most once in a second.
local function keep(till)
  if till > lasting then
    lasting, changed, longer = till + 1000, true, true
  end
end

local function save(write)
  write('SET', state, struct.pack(STATE, top, lasting, oldest, size, history, birth) .. lives, 'KEEPTTL')
  if longer then
    call('PEXPIREAT', state, lasting + DAY)
  end
end

-- For a call that appends nothing: the log lives on for a while, because it was asked for,
-- unless Redis has no memory to write that down, which is no reason not to answer.
local function touch()
  if not known then
    return
  end
  keep(now)
  if changed then
    save(begun and call or redis.pcall)
    if longer then
      call('PEXPIREAT', stream, lasting)
    end
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
      from = string.match(head[i][1], '^%d+') + 1 .. '-0'
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
  changed = changed or done
  return done
end

