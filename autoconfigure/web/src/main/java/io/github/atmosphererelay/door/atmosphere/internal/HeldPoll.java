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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.util.Map;

import io.github.atmosphererelay.door.internal.HeldResponse;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;

/**
 * A request that waits at this node.
 *
 * @param response the response to it
 */
record HeldPoll(HeldResponse response) implements PollWaiter {

	@Override
	public void answer(PollAnswer answer) {
		this.response.answer(answer.status(), Map.of(AtmosphereParameters.TOKEN, answer.token()), answer.body());
	}

	@Override
	public void whenGone(Runnable whenGone) {
		this.response.whenGone(whenGone);
	}

}
