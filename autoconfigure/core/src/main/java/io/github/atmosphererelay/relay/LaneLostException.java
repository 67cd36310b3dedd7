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
 * A lane of a group does not belong to this member any more, so nothing was stored.
 */
@SuppressWarnings("serial")
public class LaneLostException extends RelayException {

	/**
	 * Create the exception.
	 * @param group the group's name
	 * @param lane the lane's number
	 * @param token the token of the member that has tried it
	 */
	public LaneLostException(String group, int lane, long token) {
		super("Lane " + lane + " of the group '" + group + "' has another owner since the one with the token " + token,
				null);
	}

}
