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

package io.github.atmosphererelay.test;

import java.util.function.BiConsumer;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.RelayListener;
import org.jspecify.annotations.Nullable;

/**
 * Hears what is appended to the logs of a local relay that several nodes share.
 *
 * @param receiver takes what is appended
 */
record AppendedListener(BiConsumer<Envelope, @Nullable Position> receiver) implements RelayListener {

	@Override
	public void received(Envelope envelope, @Nullable Position position) {
		this.receiver.accept(envelope, position);
	}

	@Override
	public void rejected(WireFormatException.Reason reason) {
	}

	@Override
	public void gap(Address address) {
	}

	@Override
	public void connectionChanged(boolean connected) {
	}

}
