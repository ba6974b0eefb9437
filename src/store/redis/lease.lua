#!lua flags=allow-oom
-- Says that a node lives, when it was heard of before, and who else was when, by the engine's clock.
-- Keys: nodes.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
-- Whoever leaves was not heard of since long ago: what is left of its connections is ended by others.
redis.call('ZADD', KEYS[1], ARGV[2] == 'leave' and 1 or now, ARGV[1])
return {now, before or '', redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}
