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

package io.github.atmosphererelay.relay.http.internal;

import java.util.UUID;

/**
 * The answer to an {@link Exchange}.
 *
 * @param receiver the id of the node that answers
 * @param generation the stream to which the progress belongs
 * @param progress the number up to which the envelopes of the stream were processed
 * @param knownInterest the version up to which the answering node knows the asker's
 * interest, or -1 if it does not know it
 * @param partialVersion the version of which it has received some parts, or -1
 * @param nextPart the number of the part that it needs next
 * @param ownInterest the present version of the answering node's own interest
 * @param missedMillis for how many milliseconds the answering node has missed what was
 * published before the stream has begun, or zero if it has missed nothing
 */
record Answer(UUID receiver, int generation, long progress, long knownInterest, long partialVersion, int nextPart,
		long ownInterest, long missedMillis) {
}
