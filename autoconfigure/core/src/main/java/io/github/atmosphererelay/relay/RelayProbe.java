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

import java.time.Duration;

import io.github.atmosphererelay.message.Envelope;

/**
 * One check whether a relay works, made by this node's monitor with
 * {@link ClusterRelay#probe}. It accepts one answer, from any thread, and ignores further
 * answers and those after its timeout. The methods do not block.
 */
public interface RelayProbe {

	/**
	 * Return an envelope from this node to itself, for relays that publish it through
	 * their broker. When the listener {@linkplain RelayListener#received receives} it,
	 * the probe is answered.
	 * @return the envelope, a different one for each probe
	 */
	Envelope envelope();

	/**
	 * The relay works: an envelope that is published now reaches the nodes that follow
	 * its address.
	 */
	void answered();

	/**
	 * As {@link #answered()}, for a relay that measures the round trip itself, because it
	 * does not send probes at once.
	 * @param roundTrip the time that the broker and this node have taken for it
	 */
	default void answered(Duration roundTrip) {
		answered();
	}

	/**
	 * The probe could not be sent.
	 * @param failure the reason. A {@link RelayOverloadedException} says nothing about
	 * the broker
	 */
	void failed(Throwable failure);

}
