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

package io.github.atmosphererelay.relay;

/**
 * What a relay can do.
 */
public enum RelayCapability {

	/**
	 * Reaches other nodes.
	 */
	CLUSTERED,

	/**
	 * Keeps logs: appends, reads since a position, and tells positions.
	 */
	RECORDED,

	/**
	 * Numbers the publications of each recorded channel without gaps, but may lose some
	 * on the way to a node: a gap in the numbers is one in what was heard, and is filled
	 * by reading the log. A relay with logs but without this capability delivers a log
	 * without holes, or else reports a {@linkplain RelayListener#gap gap}.
	 */
	CONSECUTIVE_OFFSETS

}
