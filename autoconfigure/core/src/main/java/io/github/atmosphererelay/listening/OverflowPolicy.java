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

package io.github.atmosphererelay.listening;

/**
 * What happens with a publication of an ephemeral channel if the subscriber is too slow
 * and its buffer is full. Subscribers of recorded channels need no policy: they get from
 * the log what did not fit.
 */
public enum OverflowPolicy {

	/** The oldest publications in the buffer are dropped. */
	DROP_OLDEST,

	/** The new publication is dropped. */
	DROP_NEWEST,

	/**
	 * The stream ends with a {@link SubscriberTooSlowException}, after what is in the
	 * buffer and a discontinuity with the number of those that came until then. The
	 * stream of a {@code @ChannelListener} begins anew after a second; what comes in
	 * between is reported by a discontinuity without a number.
	 */
	FAIL

}
