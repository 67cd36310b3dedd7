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
 * A message for a recorded channel was published, or a recorded channel was read, but the
 * relay {@linkplain ClusterRelay#log() has no log}.
 */
public class RelayWithoutLogException extends RelayException {

	/**
	 * Create the exception.
	 * @param relay the relay's name
	 */
	public RelayWithoutLogException(String relay) {
		super("The " + relay + " relay has no log for recorded channels", null);
	}

	/**
	 * Create the exception.
	 * @param relay the relay's name
	 * @param instead what to use instead
	 */
	public RelayWithoutLogException(String relay, String instead) {
		super("The " + relay + " relay has no log for recorded channels: " + instead, null);
	}

}
