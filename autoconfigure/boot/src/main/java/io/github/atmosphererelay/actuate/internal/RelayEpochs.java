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

package io.github.atmosphererelay.actuate.internal;

/**
 * Gives the recorded channels of a relay new epochs, for use after its database was
 * restored from a backup.
 */
@FunctionalInterface
public interface RelayEpochs {

	/**
	 * Give all recorded channels a new epoch. May block for a few seconds.
	 * @return the number of parts of the relay's log that have a new epoch
	 */
	int renew();

}
