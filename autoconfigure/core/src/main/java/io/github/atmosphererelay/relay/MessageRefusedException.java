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
 * The broker has answered that it does not take an envelope, for a reason of this
 * envelope or its address: for example because of missing permissions for a channel, or a
 * key of another type. It was certainly not published. Others may be published meanwhile,
 * and this one only after an operator has removed the reason.
 */
public class MessageRefusedException extends RelayUnavailableException {

	/**
	 * Create the exception.
	 * @param relay the relay's name
	 * @param refusal the broker's answer
	 */
	public MessageRefusedException(String relay, Throwable refusal) {
		super(refusal, "The broker of the " + relay + " relay has refused a message for good: " + refusal.getMessage());
	}

}
