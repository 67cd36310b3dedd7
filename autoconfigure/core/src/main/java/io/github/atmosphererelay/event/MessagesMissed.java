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

package io.github.atmosphererelay.event;

import io.github.atmosphererelay.message.Discontinuity;

/**
 * Application event: messages are missing for a listener of this node, or may be, and the
 * listener goes on with what exists. It may come before or after the calls of the
 * listener for the messages around the gap.
 *
 * @param listener the bean's class and the method, for example {@code Kitchen.onOrder}
 * @param discontinuity what is missing, and why
 */
public record MessagesMissed(String listener, Discontinuity discontinuity) {
}
