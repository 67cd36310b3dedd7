/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.jdbc.internal;

/**
 * The end of one shard of a {@link ShardedLog}.
 *
 * @param shard the number of the shard, 0 or more
 * @param epoch the name of the shard's present life, see {@link ShardedLog#renewEpoch}
 * @param number the number of the newest row, 0 before the first one
 */
public record ShardHead(int shard, String epoch, long number) {
}
