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

package io.github.atmosphererelay.endpoint.internal;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.converter.MessageConverter;
import org.springframework.validation.Validator;

/**
 * What endpoints use of the application.
 *
 * @param broadcaster sends what methods return
 * @param encoder makes the bytes of replies
 * @param json reads messages, or {@code null} if nothing can read JSON
 * @param validator validates messages, or {@code null} if nothing can
 */
public record EndpointSupport(Broadcaster broadcaster, PayloadEncoder encoder, @Nullable MessageConverter json,
		@Nullable Validator validator) {
}
