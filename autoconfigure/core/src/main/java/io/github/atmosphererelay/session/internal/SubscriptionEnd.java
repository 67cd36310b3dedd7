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

package io.github.atmosphererelay.session.internal;

/**
 * Why a subscription ends that neither the client, nor the application nor an operator
 * has ended. Clients get the code: from 2500 on, they subscribe again.
 */
public enum SubscriptionEnd {

	/**
	 * The channel does not exist any more.
	 */
	ENDED(2001, "ended"),

	/**
	 * What brings the publications of the channel has been away for long.
	 */
	AWAY(2501, "source is away");

	private final int code;

	private final String text;

	SubscriptionEnd(int code, String text) {
		this.code = code;
		this.text = text;
	}

	/**
	 * Return the number.
	 * @return the number that clients get
	 */
	public int code() {
		return this.code;
	}

	/**
	 * Return the reason.
	 * @return a few words
	 */
	public String text() {
		return this.text;
	}

}
