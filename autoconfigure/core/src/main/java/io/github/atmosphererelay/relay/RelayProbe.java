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

import io.github.atmosphererelay.message.Envelope;

/**
 * One question whether a relay works, asked by this node's monitor with
 * {@link ClusterRelay#probe}. It takes one answer, from any thread, and ignores those
 * that come after that, or too late. Neither method blocks.
 */
public interface RelayProbe {

	/**
	 * Return an envelope of this node to itself, for relays that answer by letting it
	 * come back. When the listener {@linkplain RelayListener#received receives} it, the
	 * question is answered.
	 * @return the envelope, another one for each question
	 */
	Envelope envelope();

	/**
	 * The relay works: what is published now reaches those who follow its address.
	 */
	void answered();

	/**
	 * The question could not be asked.
	 * @param failure why; {@link RelayOverloadedException} if it says nothing of the
	 * broker
	 */
	void failed(Throwable failure);

}
