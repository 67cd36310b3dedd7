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

package io.github.atmosphererelay.stream.internal;

import java.util.List;

/**
 * The current states of a stream in one partition.
 *
 * @param selection the {@linkplain Selection#fingerprint() fingerprint} of the keys that
 * the stream had for the member which has read the states
 * @param partition the partition
 * @param asOf up to where the states have got at least: a key that is not here, and was
 * known to match up to there, does not match any more
 * @param complete {@code false} while the states are rebuilt, so that some may be missing
 * @param messages the states
 */
record StreamSnapshot(long selection, int partition, StateVersion asOf, boolean complete,
		List<StreamMessage> messages) {

}
